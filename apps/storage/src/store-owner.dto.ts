import { IsString, Length } from 'class-validator';

/** Claims the store for a task store. */
export class StoreOwnerDto {
  @IsString()
  @Length(1, 100)
  taskStoreId!: string;
}
