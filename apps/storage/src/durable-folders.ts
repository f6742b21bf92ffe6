import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from './errno.js';

const renameTries = 5;

/** Makes folders, and moves files into them, so that both are still there after a power cut. */
export class DurableFolders {
  private readonly making = new Map<string, Promise<void>>();

  /**
   * Makes a folder and those above it, and syncs the parent of every one made. Whoever wants a folder that another
   * call is making waits for that call: a folder that can be seen is not yet one that lasts.
   */
  make(folder: string): Promise<void> {
    const begun = this.making.get(folder);
    if (begun) return begun;
    const made = this.makeOne(folder).finally(() => this.making.delete(folder));
    this.making.set(folder, made);
    return made;
  }

  /**
   * Moves a file, whose content must be synced, to a path in a folder that need not exist. Replaces what is there: no
   * create-only move is possible without hard links, which OSv does not have.
   */
  async move(from: string, to: string): Promise<void> {
    const folder = dirname(to);
    for (let number = 1; ; number++) {
      await this.make(folder);
      try {
        await rename(from, to);
        return await syncFolder(folder);
      } catch (error) {
        // A delete may just have removed the folder, because it was still empty.
        if (!isErrno(error, 'ENOENT') || number === renameTries) throw error;
      }
    }
  }

  private async makeOne(folder: string): Promise<void> {
    try {
      await mkdir(folder);
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return;
      if (!isErrno(error, 'ENOENT')) throw error;
      await this.make(dirname(folder));
      return this.makeOne(folder);
    }
    await syncFolder(dirname(folder));
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
