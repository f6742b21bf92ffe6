import { join, resolve } from 'node:path';
import { ConfigError, Env, EnvPort, ServiceConfig } from '#chassis';
import { services } from '#contracts';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

/** The configuration of storage. */
export class StorageConfig extends ServiceConfig {
  @EnvPort('storage')
  port: number = services.storage.port;

  @Env('MICRO_DATA', 'Folder of everything that the embedded stores keep')
  @IsString()
  dataFolder: string = './data';

  @Env('MICRO_STORAGE_URL', 'Where files are kept, file:<folder>; by default the folder storage in MICRO_DATA')
  @IsOptional()
  @IsString()
  storageUrl?: string;

  @Env('MICRO_MAX_FILE_BYTES', 'The largest file that is taken, in bytes')
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  maxFileBytes: number = 1024 ** 3;

  @Env('MICRO_ABANDONED_SECONDS', 'Age from which an upload that nobody completed is removed')
  @IsInt()
  @Min(1)
  @Max(2_592_000)
  abandonedSeconds: number = 86_400;

  /** The folder of the file store, as an absolute path. @throws ConfigError */
  get folder(): string {
    if (this.storageUrl === undefined) return resolve(join(this.dataFolder, 'storage'));
    // `file:` and then a path as it is, relative or absolute, or a URL without a host: `file:///srv/files`.
    const match = /^file:(?:\/\/(?=\/))?(?!\/\/)(.+)$/.exec(this.storageUrl);
    if (match) return resolve(match[1]!);
    throw new ConfigError(
      `MICRO_STORAGE_URL must be file:<folder>, the only kind of file store there is yet (it is "${this.storageUrl}")`,
    );
  }

  /** @throws ConfigError */
  override check(): void {
    super.check();
    void this.folder;
  }
}
