import {
  abortOnHangUp,
  InternalRoute,
  NewTaskDto,
  type Attempt,
  type Created,
  type QueueStats,
  type Task,
  type TaskPage,
} from '#contracts';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SqliteTaskStore } from './sqlite/sqlite-task-store.js';
import { DeleteQueryDto, GetQueryDto, ListQueryDto, SettledQueryDto } from './task-query.dto.js';

/** db's own routes: what master needs beyond the lease routes. The server side of `HttpTaskStore`. */
@InternalRoute()
@Controller()
export class TaskController {
  constructor(private readonly store: SqliteTaskStore) {}

  @Post('task')
  @HttpCode(200)
  create(@Body() task: NewTaskDto): Promise<Created> {
    return this.store.create(task);
  }

  @Get('task')
  list(@Query() query: ListQueryDto): Promise<TaskPage> {
    return this.store.list(query);
  }

  @Get('task/settled')
  settledBefore(@Query() { ageSeconds }: SettledQueryDto): Promise<Task[]> {
    return this.store.settledBefore(ageSeconds);
  }

  @Get('task/:id')
  get(
    @Param('id') id: string,
    @Query() { waitMs }: GetQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Task> {
    return this.store.get(id, { waitMs, signal: abortOnHangUp(request, response) });
  }

  @Get('task/:id/attempts')
  attempts(@Param('id') id: string): Promise<Attempt[]> {
    return this.store.attempts(id);
  }

  @Post('task/:id/cancel')
  @HttpCode(200)
  cancel(@Param('id') id: string): Promise<Task> {
    return this.store.cancel(id);
  }

  @Post('task/:id/retry')
  @HttpCode(200)
  retry(@Param('id') id: string): Promise<Task> {
    return this.store.retry(id);
  }

  @Post('task/:id/bury')
  @HttpCode(204)
  bury(@Param('id') id: string): Promise<void> {
    return this.store.bury(id);
  }

  @Delete('task/:id')
  @HttpCode(204)
  delete(@Param('id') id: string, @Query() { revision }: DeleteQueryDto): Promise<void> {
    return this.store.delete(id, revision);
  }

  @Get('queue')
  stats(): Promise<QueueStats> {
    return this.store.stats();
  }

  @Get('store')
  identity(): { id: string } {
    return { id: this.store.id };
  }
}
