import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What another terminal must know to join a running system. */
export interface RunningSystem {
  /** The registry's endpoint. */
  registry: string;
  token: string;
}

/** The folder of everything that the system keeps. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  return env.MICRO_DATA?.trim() || './data';
}

/** Tells other terminals of this user. The file holds the token, so nobody else may read it. */
export function announceSystem(folder: string, system: RunningSystem): void {
  mkdirSync(folder, { recursive: true });
  rmSync(fileIn(folder), { force: true });
  writeFileSync(fileIn(folder), JSON.stringify(system), { mode: 0o600 });
}

/** The system that runs on a data folder; null when none does. */
export function findSystem(folder: string): RunningSystem | null {
  try {
    return JSON.parse(readFileSync(fileIn(folder), 'utf8')) as RunningSystem;
  } catch {
    return null;
  }
}

export function withdrawSystem(folder: string): void {
  rmSync(fileIn(folder), { force: true });
}

function fileIn(folder: string): string {
  return join(folder, 'running.json');
}
