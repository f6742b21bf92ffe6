import { mkdtempSync, rmdirSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { ConfigError, Env, EnvPort, ServiceConfig } from '#chassis';
import { services } from '#contracts';
import { IsBoolean, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { findLibheif } from './image/heic/libheif.js';
import { workFolderPrefix } from './task/work-folder.js';

/** How much of its memory the process gives to pictures: the rest is its own, and what the allocator keeps back. */
const shareOfImages = 0.6;

/** The configuration of a worker. */
export class WorkerConfig extends ServiceConfig {
  @EnvPort('worker')
  port: number = services.worker.port;

  @Env('MICRO_WORKER_SLOTS', 'Images processed at the same time; by default one per core')
  @IsInt()
  @Min(1)
  @Max(256)
  slots: number = availableParallelism();

  @Env('MICRO_WORK_FOLDER', 'Folder for the files of the images at work; emptied as they are done')
  @IsString()
  workFolder: string = tmpdir();

  @Env('MICRO_PIXEL_LIMIT', 'Largest image, in pixels of all its frames')
  @IsInt()
  @Min(1)
  @Max(2 ** 40)
  pixelLimit: number = 100_000_000;

  @Env('MICRO_FRAME_LIMIT', 'Longest animation, in frames')
  @IsInt()
  @Min(1)
  @Max(100_000)
  frameLimit: number = 500;

  @Env('MICRO_PROCESSING_SECONDS', 'Longest time that one output may take')
  @IsInt()
  @Min(1)
  @Max(3600)
  processingSeconds: number = 120;

  @Env(
    'MICRO_IMAGE_MEMORY_BYTES',
    'Memory that all images at work may take; by default 60 % of what the process may use',
  )
  @IsOptional()
  @IsInt()
  @Min(1024 ** 2)
  imageMemoryBytes?: number;

  @Env('MICRO_HEIC', 'true: HEIC photos are decoded, by the package libheif-js; master needs it, too')
  @IsBoolean()
  heic: boolean = false;

  /** The memory that all images at work may take, in bytes. */
  get imageMemory(): number {
    return this.imageMemoryBytes ?? Math.floor(shareOfImages * usableMemory());
  }

  /** A worker that cannot write would take task after task, and give each one back. @throws ConfigError */
  override check(): void {
    super.check();
    if (this.heic && !findLibheif()) {
      throw new ConfigError('MICRO_HEIC needs the package libheif-js: npm install libheif-js');
    }
    try {
      rmdirSync(mkdtempSync(join(this.workFolder, workFolderPrefix)));
    } catch (error) {
      const { message } = error as Error;
      throw new ConfigError(`MICRO_WORK_FOLDER must be a folder in which files can be made: ${message}`);
    }
  }
}

/**
 * What the process may use, in bytes: the limit of its control group or the memory of the machine. Node says 0 where it
 * knows of no limit, and Linux an absurd number where a group has none.
 */
function usableMemory(constrained = process.constrainedMemory()): number {
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
