import { ServiceIdentity } from '#chassis';
import { InternalRoute, type FileStore } from '#contracts';
import { Body, Controller, Get, HttpCode, Inject, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { FILE_STORE } from './file-store.token.js';
import { StoreOwnerDto } from './store-owner.dto.js';

/** Who the file store is, and to which task store it belongs. */
@ApiTags('store')
@ApiBearerAuth()
@InternalRoute()
@Controller('store')
export class StoreController {
  constructor(
    @Inject(FILE_STORE) private readonly store: FileStore,
    private readonly identity: ServiceIdentity,
  ) {}

  /** The store's permanent id, and the id of its task store, null before the first claim. */
  @ApiOperation({ summary: 'Identify the store' })
  @Get()
  async identify(): Promise<{ id: string | null; owner: string | null }> {
    return { id: this.identity.storeId, owner: await this.store.owner() };
  }

  /** Makes the store belong to a task store, for good; 409 when it belongs to another. */
  @ApiOperation({ summary: 'Claim the store for a task store' })
  @Put('owner')
  @HttpCode(204)
  claim(@Body() { taskStoreId }: StoreOwnerDto): Promise<void> {
    return this.store.claim(taskStoreId);
  }
}
