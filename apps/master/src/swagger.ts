import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Serves Swagger UI at `/api`, and the OpenAPI document at `/api-json`. */
export function serveSwagger(app: INestApplication): void {
  const document = new DocumentBuilder()
    .setTitle('node-micro')
    .setDescription('Upload images, have them processed, download the results.')
    .setVersion('0.1.0')
    .addBearerAuth()
    .build();
  SwaggerModule.setup('api', app, () => SwaggerModule.createDocument(app, document));
}
