import { Controller, Delete, Get, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Forwarding } from './forwarding.js';

/**
 * Master's routes that the page may use, under the page's own origin. The list is the whole of it: what is not here,
 * the workers' routes above all, does not exist for a browser.
 */
@Controller()
export class MasterController {
  constructor(private readonly forwarding: Forwarding) {}

  @Get(['task', 'task/:id', 'task/:id/ready', 'task/:id/download', 'task/:id/source', 'recipes', 'queue'])
  read(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.forwarding.forward(request, response);
  }

  @Post(['task', 'task/:id/cancel', 'task/:id/retry'])
  change(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.forwarding.forward(request, response);
  }

  @Delete('task/:id')
  remove(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.forwarding.forward(request, response);
  }
}
