import { ImageProcessor } from '../src/image/image-processor.js';
import { TaskRunner } from '../src/task/task-runner.js';
import { WatermarkCache } from '../src/task/watermark-cache.js';
import { LeaseDesk } from './lease-desk.js';
import { StorageStandIn } from './storage-stand-in.js';
import { WorkPlace } from './work-place.js';

/** A runner for one test, and everything that it works with. */
export interface OpenedRunner {
  desk: LeaseDesk;
  storage: StorageStandIn;
  place: WorkPlace;
  images: ImageProcessor;
  runner: TaskRunner;
}

export async function openRunner(): Promise<OpenedRunner> {
  const desk = new LeaseDesk();
  const storage = await StorageStandIn.start();
  const place = new WorkPlace();
  const images = new ImageProcessor(place.config);
  const watermarks = new WatermarkCache(storage.client);
  const runner = new TaskRunner(desk, storage.client, images, watermarks, place.config);
  return { desk, storage, place, images, runner };
}
