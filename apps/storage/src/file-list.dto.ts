import { taskFileKeyPattern, taskIdPattern, type FileListQuery } from '#contracts';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';

/** Which files to list. */
export class FileListDto implements FileListQuery {
  /** Files of this task only. */
  @IsOptional()
  @Matches(taskIdPattern)
  taskId?: string;

  /** Files stored at least this long ago. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  olderThanSeconds?: number;

  /** The `next` of the page before. */
  @IsOptional()
  @Matches(taskFileKeyPattern)
  after?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;
}
