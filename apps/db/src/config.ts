import { join } from 'node:path';
import { ConfigError, Env, EnvPort, ServiceConfig } from '#chassis';
import { services } from '#contracts';
import { defaultPolicy, type TaskPolicy } from './task-policy.js';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

const memory = 'sqlite::memory:';

/** The configuration of db. */
export class DbConfig extends ServiceConfig {
  @EnvPort('db')
  port: number = services.db.port;

  @Env('MICRO_DATA', 'Folder of everything that the embedded stores keep')
  @IsString()
  dataFolder: string = './data';

  @Env('MICRO_DB_URL', 'Task store: sqlite:<file>, or sqlite::memory: to keep nothing; by default a file in MICRO_DATA')
  @IsOptional()
  @IsString()
  url?: string;

  @Env('MICRO_LEASE_SECONDS', 'How long a lease lasts without renewal; below 30, a master that is frozen may cost one')
  @IsInt()
  @Min(1)
  @Max(3600)
  leaseSeconds: number = 30;

  @Env('MICRO_FAILURE_LIMIT', 'Retryable failures after which a task fails for good')
  @IsInt()
  @Min(1)
  @Max(100)
  failureLimit: number = 5;

  @Env('MICRO_LOST_LEASE_LIMIT', 'Expired leases after which a task fails for good')
  @IsInt()
  @Min(1)
  @Max(100)
  lostLeaseLimit: number = 10;

  @Env('MICRO_BACKLOG_LIMIT', 'Tasks that may be queued or running at once; beyond that uploads are refused')
  @IsInt()
  @Min(1)
  @Max(100_000_000)
  backlogLimit: number = 100_000;

  @Env('MICRO_RECLAIM_SECONDS', 'How often db takes back expired leases by itself')
  @IsInt()
  @Min(1)
  @Max(3600)
  reclaimSeconds: number = 10;

  get policy(): TaskPolicy {
    const { leaseSeconds, failureLimit, lostLeaseLimit, backlogLimit } = this;
    return { ...defaultPolicy, leaseMs: leaseSeconds * 1000, failureLimit, lostLeaseLimit, backlogLimit };
  }

  override check(): void {
    super.check();
    if (this.url !== undefined && !/^sqlite:./.test(this.url)) {
      throw new ConfigError(`MICRO_DB_URL must be sqlite:<file> or ${memory} (it is "${this.url}")`);
    }
  }

  /** The file of the embedded store; null to keep it in memory. */
  get file(): string | null {
    if (this.url === memory) return null;
    return this.url?.slice('sqlite:'.length) ?? join(this.dataFolder, 'db', 'tasks.sqlite');
  }
}
