import { IsBase64, IsBoolean, IsString, Length, Matches, ValidateIf } from 'class-validator';
import { longestCamera, type ImageFacts } from './image-facts.js';

/** Facts of a picture as they arrive in a request. */
export class ImageFactsDto implements ImageFacts {
  @ValidateIf((facts: ImageFacts) => facts.dominantColour !== null)
  @Matches(/^#[0-9a-f]{6}$/)
  dominantColour!: string | null;

  @IsBase64()
  @Length(8, 40)
  thumbhash!: string;

  @IsBoolean()
  hasAlpha!: boolean;

  @ValidateIf((facts: ImageFacts) => facts.camera !== null)
  @IsString()
  @Length(1, longestCamera)
  camera!: string | null;

  @ValidateIf((facts: ImageFacts) => facts.takenAt !== null)
  @Matches(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([+-]\d{2}:\d{2})?$/)
  takenAt!: string | null;
}
