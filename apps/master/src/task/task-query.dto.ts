import { longestWaitMs, taskStates, type TaskState } from '#contracts';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';

export class TaskListQueryDto {
  @ApiProperty({ required: false, enum: taskStates })
  @IsOptional()
  @IsIn(taskStates)
  state?: TaskState;

  /** `next` of the page before. */
  @IsOptional()
  @IsUUID()
  after?: string;

  @ApiProperty({ required: false, type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;
}

export class TaskQueryDto {
  /** Answer once the task is finished, failed or cancelled, or after this many seconds. */
  @ApiProperty({ required: false, type: 'integer', minimum: 0, maximum: longestWaitMs / 1000 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(longestWaitMs / 1000)
  wait?: number;
}
