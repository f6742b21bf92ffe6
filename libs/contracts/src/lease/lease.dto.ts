import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { FileReferenceDto } from '../file/file-reference.dto.js';
import { leaseTokenPattern, longestWaitMs, type Failure, type LeaseRequest } from './lease.js';

/** Asks for a task. */
export class LeaseRequestDto implements LeaseRequest {
  @IsString()
  @Length(1, 100)
  worker!: string;

  @Matches(leaseTokenPattern)
  token!: string;

  @IsInt()
  @Min(0)
  @Max(longestWaitMs)
  waitMs: number = 0;
}

/** Names a lease by its token. */
export class LeaseTokenDto {
  @Matches(leaseTokenPattern)
  token!: string;
}

/** Renews a lease. */
export class RenewDto extends LeaseTokenDto {
  @IsOptional()
  @IsString()
  @Length(1, 50)
  stage?: string;
}

/** Publishes the outputs of a lease. */
export class FinishDto extends LeaseTokenDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => FileReferenceDto)
  outputs!: FileReferenceDto[];
}

/** Gives up an attempt. */
export class FailDto extends LeaseTokenDto implements Failure {
  @Matches(/^[a-z][a-z0-9-]{0,49}$/)
  code!: string;

  @IsString()
  @Length(0, 1000)
  detail!: string;

  @IsOptional()
  @IsString()
  @Length(0, 1000)
  technical: string | null = null;

  @IsBoolean()
  permanent!: boolean;
}
