import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { uploadedSource } from './upload.interceptor.js';

/** The stored image of the form, as the `UploadInterceptor` left it. */
export const UploadedSource = createParamDecorator((_unused: unknown, context: ExecutionContext) =>
  uploadedSource(context.switchToHttp().getRequest<Request>()),
);
