/** What some files are that are sent for images, and what their owner can do. The rest is named by its media type. */
const refusals: Readonly<Record<string, string>> = {
  'image/heic':
    'a HEIC photo, as iPhones take them; this service does not decode HEIC. Send it as JPEG (on an iPhone: ' +
    'Settings, Camera, Formats, Most Compatible), or ask the operator for MICRO_HEIC=true',
  'image/heif': 'a HEIF picture that is neither an AVIF nor a HEIC. Send it as JPEG or PNG',
  'image/avif-sequence':
    'an animated AVIF (an image sequence), which this service does not decode. Send it as an animated WebP or GIF, ' +
    'or one picture of it as a still AVIF',
  'image/bmp': 'a BMP. Send it as PNG, which loses nothing',
  'image/svg+xml': 'an SVG: a drawing, not a picture of pixels. Render it, and send it as PNG',
  'image/vnd.adobe.photoshop': 'a Photoshop document. Export it as PNG or TIFF',
  'image/jp2': 'a JPEG 2000. Send it as PNG or TIFF, which lose nothing',
  'image/jpx': 'a JPEG 2000. Send it as PNG or TIFF, which lose nothing',
  'image/jxl': 'a JPEG XL. Send it as JPEG, PNG or AVIF',
  'image/x-icon': 'an icon of several pictures. Send one of them as PNG',
  'application/pdf': 'a PDF: a document, not a picture. Export the page as PNG or TIFF',
};

/** The raw formats of cameras are many, and all have a name of their own. */
const cameraRaw =
  /^image\/x-(?:adobe|canon|dcraw|epson|fujifilm|hasselblad|kodak|nikon|olympus|panasonic|pentax|samsung|sony)\b/;

/** What a file is that was sent for an image and is none of the allowed types, in a sentence without its full stop. */
export function refusalOf(type: string | null): string {
  if (type === null) return 'The content is of no known type';
  if (cameraRaw.test(type)) {
    return `The content is a camera's raw file (${type}), not a finished picture. Develop it, and send it as JPEG or TIFF`;
  }
  return Object.hasOwn(refusals, type) ? `The content is ${refusals[type]}` : `The content looks like ${type}`;
}
