import { pipeline } from 'node:stream/promises';
import {
  InternalRoute,
  matchesEntityTag,
  parseRange,
  Problem,
  type FilePage,
  type FileStore,
  type StoredFile,
} from '#contracts';
import { Controller, Delete, Get, HttpCode, Inject, Put, Query, Req, Res, UseFilters } from '@nestjs/common';
import { ApiBearerAuth, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { parseContentDigest } from './content-digest.js';
import { isErrno } from './errno.js';
import { FileListDto } from './file-list.dto.js';
import { FILE_STORE } from './file-store.token.js';
import { RefusalFilter } from './refusal.filter.js';

const prefix = '/files/';

/** The file routes, the server side of `HttpFileStore`. */
@ApiTags('files')
@ApiBearerAuth()
@InternalRoute()
@Controller('files')
export class FileController {
  constructor(@Inject(FILE_STORE) private readonly store: FileStore) {}

  /** Lists files page by page; a page may be short of `limit` and yet not the last. */
  @ApiOperation({ summary: 'List files' })
  @Get()
  list(@Query() query: FileListDto): Promise<FilePage> {
    return this.store.list(query);
  }

  /** Stores a raw body under a new key. */
  @ApiOperation({ summary: 'Store a file' })
  @ApiConsumes('application/octet-stream')
  @Put('*key')
  @HttpCode(201)
  @UseFilters(RefusalFilter)
  async put(@Req() request: Request): Promise<StoredFile> {
    wantBytes(request.get('Content-Type'));
    const length = request.get('Content-Length');
    const options = {
      size: length === undefined ? undefined : Number(length),
      sha256: parseContentDigest(request.get('Content-Digest')),
    };
    try {
      // A refusal in the middle of the body must not destroy the request: that would take the connection with it.
      return await this.store.put(keyOf(request), request.iterator({ destroyOnReturn: false }), options);
    } catch (error) {
      if (request.errored) throw new Problem('incomplete-body', 'The client hung up', { cause: error });
      throw error;
    }
  }

  /** Streams a file, or the range asked for; HEAD comes here too, and gets the headers of the whole file. */
  @ApiOperation({ summary: 'Read a file' })
  @Get('*key')
  async read(@Req() request: Request, @Res() response: Response): Promise<void> {
    const key = keyOf(request);
    const isHead = request.method === 'HEAD';
    if (isHead || request.get('If-None-Match') !== undefined) {
      const size = await this.store.size(key);
      describe(response, key);
      if (matchesEntityTag(request.get('If-None-Match'), etagOf(key))) return void response.status(304).end();
      if (isHead) return void response.set('Content-Length', String(size)).end();
    }
    const { size, range, stream } = await this.store.open(key, { range: requestedRange(request, key) });
    describe(response, key);
    if (range) response.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
    response.set('Content-Length', String(range ? range.end - range.start + 1 : size));
    try {
      await pipeline(stream, response);
    } catch (error) {
      // The client hung up, which is no failure of ours; the file is closed.
      if (!isErrno(error, 'ERR_STREAM_PREMATURE_CLOSE')) throw error;
    }
  }

  /** Removes a file; one that is not there is removed already. */
  @ApiOperation({ summary: 'Remove a file' })
  @Delete('*key')
  @HttpCode(204)
  delete(@Req() request: Request): Promise<void> {
    return this.store.delete(keyOf(request));
  }
}

/** The key as it stands in the path. Not decoded: no key needs an escape, so a path with one names no file. */
function keyOf(request: Request): string {
  return request.path.slice(prefix.length);
}

/** Refuses what a body parser may have read already. */
function wantBytes(type: string | undefined): void {
  if (type === undefined || /^application\/octet-stream[ \t]*(;|$)/i.test(type)) return;
  throw new Problem('unsupported-media-type', 'A file is sent as application/octet-stream');
}

/** A file never changes, so its key says all that an `ETag` has to say. */
function etagOf(key: string): string {
  return `"${key}"`;
}

function requestedRange(request: Request, key: string): ReturnType<typeof parseRange> {
  const ifRange = request.get('If-Range');
  return ifRange === undefined || ifRange === etagOf(key) ? parseRange(request.get('Range')) : undefined;
}

function describe(response: Response, key: string): void {
  response.set({
    ETag: etagOf(key),
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
    'X-Content-Type-Options': 'nosniff',
  });
}
