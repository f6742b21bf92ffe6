import { SetMetadata } from '@nestjs/common';

/** The metadata key by which the service token's guard knows an internal route. */
export const internalRoute = 'micro:internal-route';

/** Marks a controller or a route for other services only: with a service token set, it wants that token. */
export const InternalRoute = (): ClassDecorator & MethodDecorator => SetMetadata(internalRoute, true);
