import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Env, EnvPort, ServiceConfig } from '#chassis';
import { services } from '#contracts';
import { apiKeysPattern } from './access/api-keys.js';
import { IsBoolean, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';

/** Where `recipes.json` is: beside a bundle, or seen from this file as a source and as compiled. */
const usualPlaces = ['recipes.json', '../../../recipes.json', '../../../../recipes.json'].map((path) =>
  join(import.meta.dirname, path),
);

/** The configuration of master. */
export class MasterConfig extends ServiceConfig {
  @EnvPort('master')
  port: number = services.master.port;

  @Env('MICRO_MAX_UPLOAD_BYTES', 'Largest image that may be uploaded')
  @IsInt()
  @Min(1)
  @Max(2 ** 40)
  maxUploadBytes: number = 256 * 1024 * 1024;

  @Env(
    'MICRO_RECIPES',
    'File of the recipes by name, and of their pictures; by default recipes.json of this repository',
  )
  @IsOptional()
  @IsString()
  recipes?: string;

  @Env('MICRO_HEIC', 'true: HEIC photos may be uploaded; the workers need it, too')
  @IsBoolean()
  heic: boolean = false;

  @Env('MICRO_UPLOAD_SLOTS', 'Uploads received at the same time; others wait')
  @IsInt()
  @Min(1)
  @Max(10_000)
  uploadSlots: number = 32;

  @Env('MICRO_API_KEYS', 'Keys of the API, as owner:key,owner:key; a key sees the tasks of its owner only', {
    secret: true,
  })
  @IsOptional()
  @Matches(apiKeysPattern, {
    message:
      '$property must be pairs owner:key, separated by commas, each key of 16 to 200 letters, digits and ._~+/=-',
  })
  apiKeys?: string;

  @Env('MICRO_RATE_LIMIT', 'Requests a second that one client may make of the API; 0 for any number')
  @IsInt()
  @Min(0)
  @Max(10_000)
  rateLimit: number = 100;

  @Env('MICRO_JANITOR_SECONDS', 'How often master looks for orphan files')
  @IsInt()
  @Min(1)
  @Max(86_400)
  janitorSeconds: number = 3600;

  @Env('MICRO_ORPHAN_SECONDS', 'Age from which a file that no task needs is an orphan')
  @IsInt()
  @Min(1)
  @Max(2_592_000)
  orphanSeconds: number = 86_400;

  @Env(
    'MICRO_RETENTION',
    'How long finished, failed and cancelled tasks are kept, like 90s, 30m, 12h or 7d; for ever when not set',
  )
  @IsOptional()
  @Matches(/^[1-9]\d{0,5}[smhd]$/, { message: '$property must be a number and a unit (s, m, h or d), like 7d' })
  retention?: string;

  /** In seconds; null keeps tasks for ever. */
  get retentionSeconds(): number | null {
    if (!this.retention) return null;
    const unit = { s: 1, m: 60, h: 3600, d: 86_400 }[this.retention.slice(-1)]!;
    return Number(this.retention.slice(0, -1)) * unit;
  }

  get recipesFile(): string {
    return this.recipes ?? usualPlaces.find((path) => existsSync(path)) ?? usualPlaces[0]!;
  }
}
