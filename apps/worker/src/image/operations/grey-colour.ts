const greyColour = /^(black|white|transparent|#([0-9a-f])\2\2[0-9a-f]?|#([0-9a-f]{2})\3\3([0-9a-f]{2})?)$/i;

/** Whether a colour of a recipe is a shade of grey; so is the black that stands for one that is not said. */
export function isGrey(colour: string | undefined): boolean {
  return colour === undefined || greyColour.test(colour);
}
