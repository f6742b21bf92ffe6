import { Decimal, WholeNumber } from './parameter.js';

/** Gaussian blur; without `sigma` a fast, mild one. */
export class BlurParameters {
  @Decimal(0.3, 200) sigma?: number;
}

/** Sharpens; without `sigma` a fast, mild one. */
export class SharpenParameters {
  @Decimal(0.000001, 10) sigma?: number;
  @Decimal(0, 1_000_000) m1?: number;
  @Decimal(0, 1_000_000) m2?: number;
  @Decimal(0, 1_000_000) x1?: number;
  @Decimal(0, 1_000_000) y2?: number;
  @Decimal(0, 1_000_000) y3?: number;
}

/** Takes the middle of each square of `size` × `size` pixels: removes specks, keeps edges. */
export class MedianParameters {
  @WholeNumber(1, 50) size?: number;
}
