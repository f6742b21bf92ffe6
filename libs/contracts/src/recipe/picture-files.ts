import { Problem } from '../problem/problem.js';

/** The key under which a file of recipes declares pictures; no recipe can have it for a name. */
export const picturesField = '$pictures';

/** A picture that recipes may draw has at most so many bytes, and so many pixels. */
export const largestPicture = { bytes: 1024 ** 2, pixels: 4_000_000 };

const pictureLimit = 100;
const namePattern = /^[a-z](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** Whether a text may be the name of a picture, or of a preset. A letter first: JSON puts numbers in front. */
export function isName(text: string): boolean {
  return namePattern.test(text);
}

/**
 * The pictures that a file of recipes declares under `$pictures`: the path of each by its name; none when it has no
 * such key.
 * @throws Problem `invalid-request` naming the place
 */
export function pictureFilesIn(recipes: unknown): Map<string, string> {
  const isObject = typeof recipes === 'object' && recipes !== null && Object.hasOwn(recipes, picturesField);
  const declared = isObject ? (recipes as Record<string, unknown>)[picturesField] : {};
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) {
    throw wrong(picturesField, 'must be an object of the paths of pictures by their names');
  }
  const entries = Object.entries(declared as Record<string, unknown>);
  if (entries.length > pictureLimit) throw wrong(picturesField, `must have at most ${pictureLimit} pictures`);
  return new Map(
    entries.map(([name, path]) => {
      const place = `${picturesField}.${name}`;
      if (!isName(name)) {
        throw wrong(place, 'a name must be 1 to 64 lower-case letters, digits and hyphens, with a letter first');
      }
      if (typeof path !== 'string' || path === '') throw wrong(place, 'must be the path of a picture');
      return [name, path];
    }),
  );
}

function wrong(place: string, message: string): Problem {
  return new Problem('invalid-request', `${place}: ${message}`);
}
