import { availableParallelism, tmpdir } from 'node:os';
import { Env, EnvPort, ServiceConfig } from '#chassis';
import { services } from '#contracts';
import { IsInt, IsString, Max, Min } from 'class-validator';

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
}
