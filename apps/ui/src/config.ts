import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, Env, EnvPort, ServiceConfig } from '#chassis';
import { services } from '#contracts';
import { IsOptional, IsString } from 'class-validator';

/** Where the page is: beside a bundle, or seen from this file as a source and as compiled into `dist/apps/ui/src`. */
const usualFolders = ['public', '../public', '../../../../apps/ui/public'].map((path) =>
  join(import.meta.dirname, path),
);

/** The configuration of ui. */
export class UiConfig extends ServiceConfig {
  @EnvPort('ui')
  port: number = services.ui.port;

  @Env('MICRO_UI_FILES', "Folder of the page's files; by default apps/ui/public of this repository")
  @IsOptional()
  @IsString()
  files?: string;

  /** The folder of the page's files. */
  get filesFolder(): string {
    return this.files ?? usualFolders.find(hasPage) ?? usualFolders[0]!;
  }

  override check(): void {
    super.check();
    if (!hasPage(this.filesFolder)) {
      throw new ConfigError(`MICRO_UI_FILES must be a folder with an index.html (it is "${this.filesFolder}")`);
    }
  }
}

function hasPage(folder: string): boolean {
  return existsSync(join(folder, 'index.html'));
}
