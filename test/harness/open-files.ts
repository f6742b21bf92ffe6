import { readdir, readlink } from 'node:fs/promises';

/** The files of storage that a process has open. */
export async function openFilesOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  // Some are closed while we look.
  const links = (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => ''));
  return (await Promise.all(links)).filter((link) => /\/storage\/(?:files|temp)\//.test(link));
}
