import { Type } from 'class-transformer';
import {
  IsHexadecimal,
  IsInt,
  IsMimeType,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { taskFileKeyPattern } from './file-key.js';
import type { FileReference } from './file-reference.js';
import { ImageFactsDto } from './image-facts.dto.js';

/** A file of a task as it arrives in a request. */
export class FileReferenceDto implements FileReference {
  @Matches(taskFileKeyPattern)
  key!: string;

  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  size!: number;

  @IsMimeType()
  type!: string;

  @IsHexadecimal()
  @Length(64, 64)
  sha256!: string;

  @IsString()
  @Length(1, 255)
  name!: string;

  @ValidateIf((file: FileReference) => file.width !== null)
  @IsInt()
  @Min(1)
  width!: number | null;

  @ValidateIf((file: FileReference) => file.height !== null)
  @IsInt()
  @Min(1)
  height!: number | null;

  @IsOptional()
  // A list of facts would pass as nested, too.
  @IsObject()
  @ValidateNested()
  @Type(() => ImageFactsDto)
  facts?: ImageFactsDto | null;
}
