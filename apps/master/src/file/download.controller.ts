import { pipeline } from 'node:stream/promises';
import { abortOnHangUp, matchesEntityTag, parseRange, Problem, type FileReference, type FileStore } from '#contracts';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Ownership } from '../access/ownership.js';
import { Owner } from '../access/owner.decorator.js';
import { PublicApi } from '../access/public-api.decorator.js';
import { FILE_STORE } from '../stores.js';
import { TaskFiles } from '../task/task-files.js';
import { imageTypes } from '../upload/image-type.js';
import { DownloadQueryDto } from './download-query.dto.js';

/** Downloads, streamed through from the file store. Types come from the content, and nothing is ever rendered as a page. */
@ApiTags('tasks')
@ApiProduces('image/*')
@PublicApi()
@Controller('task/:id')
export class DownloadController {
  constructor(
    private readonly ownership: Ownership,
    private readonly taskFiles: TaskFiles,
    @Inject(FILE_STORE) private readonly files: FileStore,
  ) {}

  @ApiOperation({ summary: 'Download a result; 409 while the task is not finished' })
  @Get('download')
  async download(
    @Param('id') id: string,
    @Owner() owner: string | null,
    @Query() { output: name }: DownloadQueryDto,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.ownership.require(id, owner);
    const { output, source } = await this.taskFiles.output(id, name);
    await this.send(output, `${stemOf(source)}-${output.name}`, request, response);
  }

  @ApiOperation({ summary: 'Download the image that was uploaded' })
  @Get('source')
  async source(
    @Param('id') id: string,
    @Owner() owner: string | null,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.ownership.require(id, owner);
    const source = await this.taskFiles.source(id);
    await this.send(source, stemOf(source), request, response);
  }

  private async send(file: FileReference, stem: string, request: Request, response: Response): Promise<void> {
    const etag = `"${file.sha256}"`;
    const validators = { ETag: etag, 'Cache-Control': 'private, no-cache' };
    if (matchesEntityTag(request.headers['if-none-match'], etag)) {
      return void response.status(304).set(validators).end();
    }
    const { key } = file;
    // Nothing of what follows is set before the file is found: a refusal is no attachment, and has not the tag of the file.
    if (request.method === 'HEAD') {
      const size = await this.files.size(key).catch(withoutKey);
      present(response, file, stem).set({ ...validators, 'Content-Length': String(size) });
      return void response.end();
    }
    const { 'if-range': ifRange, range } = request.headers;
    const wanted = (ifRange ?? etag) === etag ? parseRange(range) : undefined;
    const signal = abortOnHangUp(request, response);
    const opened = await this.files.open(key, { range: wanted, signal }).catch(withoutKey);
    present(response, file, stem).set(validators);
    if (opened.range) {
      const { start, end } = opened.range;
      response.status(206).set('Content-Range', `bytes ${start}-${end}/${opened.size}`);
      response.set('Content-Length', String(end - start + 1));
    } else {
      response.set('Content-Length', String(opened.size));
    }
    // Cut off on either side, the other one is cut off too; there is nobody left to tell.
    await pipeline(opened.stream, response).catch(() => response.destroy());
  }
}

/** Says what the file is, and that no browser is to show it as a page. */
function present(response: Response, { type }: FileReference, stem: string): Response {
  return response
    .attachment(`${stem}.${imageTypes[type] ?? 'bin'}`)
    .type(type)
    .set({
      'Accept-Ranges': 'bytes',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'X-Content-Type-Options': 'nosniff',
    });
}

/** Keys of files are not for clients. */
function withoutKey(error: unknown): never {
  throw Problem.is(error, 'file-not-found') ? new Problem('file-not-found', 'Storage has lost this file') : error;
}

/** A file's name without the client's extension, which would decide what opens the file: a GIF may be a page as well. */
function stemOf({ name }: FileReference): string {
  return name.replace(/\.[^.]*$/, '');
}
