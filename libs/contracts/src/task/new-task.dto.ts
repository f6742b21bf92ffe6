import { Type } from 'class-transformer';
import {
  IsInt,
  IsObject,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { FileReferenceDto } from '../file/file-reference.dto.js';
import type { Recipe } from '../recipe/recipe.js';
import type { Idempotency, NewTask } from './task.js';

export class IdempotencyDto implements Idempotency {
  @IsString()
  @Length(1, 255)
  key!: string;

  @Matches(/^[0-9a-f]{64}$/)
  fingerprint!: string;
}

/** A new task as it arrives at db. The recipe was validated by master and is opaque to db. */
export class NewTaskDto implements NewTask {
  @IsUUID(7)
  id!: string;

  @IsString()
  @Length(0, 255)
  owner!: string;

  @IsInt()
  @Min(-100)
  @Max(100)
  priority!: number;

  @IsObject()
  recipe!: Recipe;

  @IsObject()
  labels!: Record<string, string>;

  @ValidateNested()
  @Type(() => FileReferenceDto)
  source!: FileReferenceDto;

  @ValidateIf((task: NewTask) => task.traceContext !== null)
  @IsString()
  @Length(1, 512)
  traceContext!: string | null;

  @ValidateIf((task: NewTask) => task.idempotency !== null)
  @ValidateNested()
  @Type(() => IdempotencyDto)
  idempotency!: IdempotencyDto | null;
}
