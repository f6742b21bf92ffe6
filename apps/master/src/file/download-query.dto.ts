import { IsOptional, IsString, Length } from 'class-validator';

export class DownloadQueryDto {
  /** The output's name; without one, the first output. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  output?: string;
}
