import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsInt, IsObject, IsOptional, IsString, Length, Max, Min } from 'class-validator';

/** The fields of an upload beside the image. */
export class SubmissionDto {
  /** The name of a preset, see `GET /recipes`, or a recipe as JSON. */
  @ApiProperty({ required: false, default: 'negate' })
  @IsOptional()
  @IsString()
  @Length(1, 100_000)
  recipe?: string;

  /** -100 to 100; higher is processed first. */
  @ApiProperty({ required: false, default: 0, type: 'integer' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(-100)
  @Max(100)
  priority?: number;

  /** A JSON object of texts, kept with the task. */
  @ApiProperty({ required: false, type: 'string', example: '{"album":"summer"}' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => parseJson(value))
  @IsObject({ message: 'labels must be a JSON object' })
  labels?: Record<string, string>;
}

/** The whole form of an upload, as the API's documentation shows it. */
export class UploadForm extends SubmissionDto {
  @ApiProperty({
    type: 'string',
    format: 'binary',
    description: 'JPEG, PNG, WebP, AVIF, GIF or TIFF; HEIC if the operator allows it',
  })
  image!: unknown;
}

function parseJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    // A field that says null is not one that was left out.
    return (JSON.parse(value) as unknown) ?? value;
  } catch {
    return value;
  }
}
