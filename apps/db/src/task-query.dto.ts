import { longestWaitMs, taskStates, type TaskListQuery, type TaskState } from '#contracts';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, IsUUID, Max, Min } from 'class-validator';

export class ListQueryDto implements TaskListQuery {
  @IsOptional()
  @IsIn(taskStates)
  state?: TaskState;

  @IsOptional()
  @IsString()
  owner?: string;

  @IsOptional()
  @IsUUID()
  after?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;
}

export class GetQueryDto {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(longestWaitMs)
  waitMs?: number;
}

export class DeleteQueryDto {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  revision?: number;
}

export class SettledQueryDto {
  @Type(() => Number)
  @IsInt()
  @Min(0)
  ageSeconds!: number;
}
