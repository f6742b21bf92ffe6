import { Body, Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { abortOnHangUp } from '../http/abort-on-hang-up.js';
import { InternalRoute } from '../http/internal-route.js';
import type { Lease, Reclaimed, Renewal, Settlement } from './lease.js';
import { FailDto, FinishDto, LeaseRequestDto, LeaseTokenDto, RenewDto } from './lease.dto.js';
import type { LeaseStore } from './lease-store.js';

/** The injection token under which a service provides the store behind its lease routes. */
export const LEASE_STORE = Symbol('LeaseStore');

/**
 * The lease routes, the server side of `HttpLeaseStore`. db serves them from its own store, master from db, so that
 * both speak the very same protocol.
 */
@ApiTags('worker')
@ApiBearerAuth()
@InternalRoute()
@Controller('task')
export class LeaseController {
  constructor(@Inject(LEASE_STORE) private readonly store: LeaseStore) {}

  /** Leases the next task; 204 when none came within `waitMs`. */
  @ApiOperation({ summary: 'Lease the next task' })
  @Post('next')
  @HttpCode(200)
  async next(
    @Body() request: LeaseRequestDto,
    @Req() incoming: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Lease | undefined> {
    const lease = await this.store.next(request, abortOnHangUp(incoming, response));
    if (!lease) response.status(204);
    return lease ?? undefined;
  }

  /** Takes back every expired lease. */
  @ApiOperation({ summary: 'Reclaim expired leases' })
  @Post('reclaim')
  @HttpCode(200)
  reclaim(): Promise<Reclaimed> {
    return this.store.reclaim();
  }

  /** Extends a lease; 404 or 409 mean that it is settled and the worker must stop. */
  @ApiOperation({ summary: 'Renew a lease' })
  @Post(':id/renew')
  @HttpCode(200)
  renew(@Param('id') id: string, @Body() { token, stage }: RenewDto): Promise<Renewal> {
    return this.store.renew(id, token, stage);
  }

  /** Publishes the outputs of a lease. */
  @ApiOperation({ summary: 'Finish a task' })
  @Post(':id/finish')
  @HttpCode(200)
  finish(@Param('id') id: string, @Body() { token, outputs }: FinishDto): Promise<Settlement> {
    return this.store.finish(id, token, outputs);
  }

  /** Gives up an attempt. */
  @ApiOperation({ summary: 'Report a failed attempt' })
  @Post(':id/fail')
  @HttpCode(200)
  fail(@Param('id') id: string, @Body() { token, ...failure }: FailDto): Promise<Settlement> {
    return this.store.fail(id, token, failure);
  }

  /** Gives a task back untouched. */
  @ApiOperation({ summary: 'Release a task' })
  @Post(':id/release')
  @HttpCode(200)
  release(@Param('id') id: string, @Body() { token }: LeaseTokenDto): Promise<Settlement> {
    return this.store.release(id, token);
  }
}
