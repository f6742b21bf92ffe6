import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';

/** The routes of the chassis, and of Swagger, cannot be keys. */
const reservedKeys = ['api', 'health', 'metrics'];

/** What a registration may look like: a key as in the seed (`dbendpoint`), and `host:port`. */
const keyPattern = new RegExp(`^(?!(?:${reservedKeys.join('|')})$)[a-z][a-z0-9-]{0,63}$`);
const keyMessage = `key must be lower-case letters, digits and hyphens, and none of ${reservedKeys.join(', ')}`;
const port = '(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
const valuePattern = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,252}:${port}$`);
const valueMessage = 'value must be a host and a port, like 10.0.0.7:8001';

/** The key in a path. */
export class RegistrationKeyDto {
  @Matches(keyPattern, { message: keyMessage })
  key!: string;
}

/** The key and the value in a path. */
export class RegistrationPathDto extends RegistrationKeyDto {
  @Matches(valuePattern, { message: valueMessage })
  value!: string;
}

/** What to register under a key. */
export class RegistrationDto {
  @Matches(valuePattern, { message: valueMessage })
  value!: string;

  /** How long the registration lives without renewal, in seconds. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(86_400)
  ttlSeconds?: number;
}
