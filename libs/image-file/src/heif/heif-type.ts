import type { HeifFile } from './heif-file.js';

/** A picture of any coding, in the brands of HEIF itself, of its sequences and of its multi-image profile. */
const anyCoding = ['mif1', 'msf1', 'mif2', 'miaf'];
const av1 = ['avif', 'avis'];
/** Single pictures, sequences, and their scalable and multiview kin. */
const hevc = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'];

/**
 * The media type of a file of the HEIF family; null for others that are built alike, such as films. How its picture is
 * coded decides; where that is not said, its brands do.
 */
export function heifType({ majorBrand, compatibleBrands, picture, hasMovie }: HeifFile): string | null {
  const brands = [majorBrand, ...compatibleBrands];
  const isOf = (family: readonly string[]): boolean => brands.some((brand) => family.includes(brand));
  if (!isOf([...anyCoding, ...av1, ...hevc])) return null;
  if (majorBrand === 'avis' || (brands.includes('avis') && hasMovie && !picture)) return 'image/avif-sequence';
  switch (picture?.coding) {
    case 'av01':
      return 'image/avif';
    case 'hvc1':
    case 'hev1':
      return 'image/heic';
    case null:
    case undefined:
      if (isOf(av1)) return 'image/avif';
      return isOf(hevc) ? 'image/heic' : 'image/heif';
    default:
      return 'image/heif';
  }
}
