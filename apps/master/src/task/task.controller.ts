import { abortOnHangUp, RecipeBook, type QueueStats, type Recipe, type TaskStore } from '#contracts';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiCreatedResponse, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Ownership } from '../access/ownership.js';
import { Owner } from '../access/owner.decorator.js';
import { PublicApi } from '../access/public-api.decorator.js';
import { TASK_STORE } from '../stores.js';
import type { StoredSource } from '../upload/source-storage.js';
import { Submission } from '../upload/submission.js';
import { SubmissionDto, UploadForm } from '../upload/submission.dto.js';
import { UploadInterceptor } from '../upload/upload.interceptor.js';
import { UploadedSource } from '../upload/uploaded-source.decorator.js';
import { TaskFiles } from './task-files.js';
import { TaskListQueryDto, TaskQueryDto } from './task-query.dto.js';
import { preferredWait } from './preferred-wait.js';
import { taskPageView, TaskPageView, taskView, TaskView } from './task-view.dto.js';

/** The public routes of tasks. */
@ApiTags('tasks')
@PublicApi()
@Controller()
export class TaskController {
  constructor(
    @Inject(TASK_STORE) private readonly tasks: TaskStore,
    private readonly ownership: Ownership,
    private readonly submission: Submission,
    private readonly files: TaskFiles,
    private readonly recipeBook: RecipeBook,
  ) {}

  /** The image is stored before the answer comes; from then on it is not lost. */
  @ApiOperation({ summary: 'Upload an image to be processed' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ type: UploadForm })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key and request give the same task' })
  @ApiHeader({ name: 'Prefer', required: false, description: 'wait=N: answer once it is finished, or after N seconds' })
  @ApiHeader({ name: 'traceparent', required: false, description: 'Kept with the task' })
  @ApiCreatedResponse({ type: TaskView })
  @Post('task')
  @UseInterceptors(UploadInterceptor)
  async submit(
    @UploadedSource() source: StoredSource,
    @Owner() owner: string | null,
    @Body() fields: SubmissionDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Headers('Idempotency-Key') idempotencyKey?: string,
    @Headers('traceparent') traceparent?: string,
    @Headers('Prefer') prefer?: string,
  ): Promise<TaskView> {
    let task = await this.submission.submit(source, fields, { owner: owner ?? '', idempotencyKey, traceparent });
    response.setHeader('Location', `/task/${task.id}`);
    const waitSeconds = preferredWait(prefer);
    if (waitSeconds > 0) {
      response.setHeader('Preference-Applied', `wait=${waitSeconds}`);
      const signal = abortOnHangUp(request, response);
      // Waiting is only a preference, and the task exists: a wait that fails must not look like an upload that failed.
      task = await this.tasks.get(task.id, { waitMs: waitSeconds * 1000, signal }).catch(() => task);
    }
    return taskView(task);
  }

  @ApiOperation({ summary: 'List tasks, newest first' })
  @Get('task')
  async list(@Query() { state, after, limit }: TaskListQueryDto, @Owner() owner: string | null): Promise<TaskPageView> {
    return taskPageView(await this.tasks.list({ state, after, limit, ...(owner !== null && { owner }) }));
  }

  @ApiOperation({ summary: 'Look at a task, or wait for it' })
  @Get('task/:id')
  async get(
    @Param('id') id: string,
    @Owner() owner: string | null,
    @Query() { wait = 0 }: TaskQueryDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskView> {
    const signal = abortOnHangUp(request, response);
    await this.ownership.require(id, owner);
    return taskView(await this.tasks.get(id, { waitMs: wait * 1000, signal }));
  }

  @ApiOperation({ summary: 'Whether a task is finished: true or false' })
  @Get('task/:id/ready')
  async ready(@Param('id') id: string, @Owner() owner: string | null, @Res() response: Response): Promise<void> {
    await this.ownership.require(id, owner);
    const { state } = await this.tasks.get(id);
    response.json(state === 'finished');
  }

  @ApiOperation({ summary: 'Cancel a task; a worker that is at it stops' })
  @Post('task/:id/cancel')
  @HttpCode(200)
  async cancel(@Param('id') id: string, @Owner() owner: string | null): Promise<TaskView> {
    await this.ownership.require(id, owner);
    return taskView(await this.tasks.cancel(id));
  }

  @ApiOperation({ summary: 'Process a failed or cancelled task again' })
  @Post('task/:id/retry')
  @HttpCode(200)
  async retry(@Param('id') id: string, @Owner() owner: string | null): Promise<TaskView> {
    await this.ownership.require(id, owner);
    return taskView(await this.tasks.retry(id));
  }

  @ApiOperation({ summary: 'Delete a task and its files' })
  @Delete('task/:id')
  @HttpCode(204)
  async delete(@Param('id') id: string, @Owner() owner: string | null): Promise<void> {
    await this.ownership.require(id, owner);
    await this.tasks.delete(id);
    await this.files.deleteAll(id);
  }

  @ApiOperation({ summary: 'The queue in numbers; scale workers on backlog' })
  @Get('queue')
  queue(): Promise<QueueStats> {
    return this.tasks.stats();
  }

  @ApiOperation({ summary: 'The recipes that can be asked for by name' })
  @Get('recipes')
  recipes(): Record<string, Recipe> {
    return this.recipeBook.toJSON();
  }
}
