/** What JPEG and HEIF put in front of EXIF data, and most formats with them. */
export const exifPrefix = Buffer.from('Exif\0\0', 'latin1');

/** EXIF data as the TIFF that it is. @param exif as sharp gives it, with a prefix or without */
export function withoutPrefix(exif: Buffer): Buffer {
  return exif.subarray(0, exifPrefix.length).equals(exifPrefix) ? exif.subarray(exifPrefix.length) : exif;
}
