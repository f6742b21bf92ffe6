import { InternalRoute, Problem } from '#contracts';
import { Controller, HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ServiceConfig } from '../config/service-config.js';
import { isLoopbackHost } from '../http/own-host.js';
import { Shutdown } from './shutdown.js';

const loopback = /^(127\.|::1$|::ffff:127\.)/;

/** The clean stop for those who cannot send a signal, such as the operator of a unikernel. */
@ApiExcludeController()
@Controller('health')
export class StopController {
  private readonly logger = new Logger(StopController.name);

  constructor(
    private readonly config: ServiceConfig,
    private readonly shutdown: Shutdown,
  ) {}

  /**
   * Answers, and then does what SIGTERM does. Wants the service token; where none is set, only a caller on this very
   * machine is heard, even when MICRO_INSECURE opens the other internal routes, and not a browser there that was led
   * here by a name on the Internet.
   */
  @InternalRoute()
  @Post('stop')
  @HttpCode(202)
  stop(
    @Req() { socket, headers: { host } }: Request,
    @Res({ passthrough: true }) response: Response,
  ): { status: string } {
    const isOwnMachine = loopback.test(socket.remoteAddress ?? '') && isLoopbackHost(host ?? 'localhost');
    if (!this.config.token && !isOwnMachine) {
      throw new Problem('unauthorized', 'Without MICRO_TOKEN a service is stopped from its own machine only');
    }
    this.logger.log('Told to stop');
    response.once('finish', () => this.shutdown.begin());
    return { status: 'stopping' };
  }
}
