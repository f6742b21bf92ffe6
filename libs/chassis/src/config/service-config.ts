import { IsBoolean, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { ConfigError } from './config-error.js';
import { Env } from './env.js';

export const defaultGraceSeconds = 20;

const endpointPattern = /^[A-Za-z0-9._-]+:[0-9]{1,5}$/;
const endpointMessage = '$property must be a host and a port, like localhost:8000';
const loopback = /^(localhost|127\.\d+\.\d+\.\d+)$/;

/** The configuration that every service has; each adds its own. */
export abstract class ServiceConfig {
  /** Each service declares its port with `@EnvPort`. */
  abstract port: number;

  @Env('HOST', 'Name or IPv4 address; by default every interface when a token is set, else loopback only')
  @IsOptional()
  @Matches(/^([A-Za-z0-9._-]+|::)$/, {
    message: '$property must be a name, an IPv4 address, or :: for every interface',
  })
  host?: string;

  @Env('MICRO_ADVERTISE', 'Endpoint or host under which other services reach this one; found by itself when not set')
  @IsOptional()
  @Matches(/^[A-Za-z0-9._-]+(:[0-9]{1,5})?$/, { message: '$property must be a host, or a host and a port' })
  advertise?: string;

  @Env('MICRO_KEYVALUESTORE_ENDPOINT', 'Endpoint of the registry; the first argument goes before it')
  @Matches(endpointPattern, { message: endpointMessage })
  keyvaluestoreEndpoint: string = 'localhost:8000';

  @Env('MICRO_DB_ENDPOINT', 'Fixed endpoint of db, instead of the registry')
  @IsOptional()
  @Matches(endpointPattern, { message: endpointMessage })
  dbEndpoint?: string;

  @Env('MICRO_STORAGE_ENDPOINT', 'Fixed endpoint of storage, instead of the registry')
  @IsOptional()
  @Matches(endpointPattern, { message: endpointMessage })
  storageEndpoint?: string;

  @Env('MICRO_MASTER_ENDPOINT', 'Fixed endpoint of master, instead of the registry')
  @IsOptional()
  @Matches(endpointPattern, { message: endpointMessage })
  masterEndpoint?: string;

  @Env('MICRO_TOKEN', 'Secret shared by all services; without it they listen on loopback only', { secret: true })
  @IsOptional()
  @Matches(/^[\w.~+/=-]{16,200}$/, { message: '$property must be 16 to 200 letters, digits and ._~+/=-' })
  token?: string;

  @Env('MICRO_INSECURE', 'true: listen beyond loopback without a token')
  @IsBoolean()
  insecure: boolean = false;

  @Env('MICRO_LOG_LEVEL', 'debug logs every request')
  @IsIn(['debug', 'info', 'warn', 'error', 'silent'])
  logLevel: string = 'info';

  @Env('MICRO_LOG_FORMAT', 'json, or pretty for people; by default pretty on a terminal')
  @IsIn(['json', 'pretty'])
  logFormat: string = process.stdout.isTTY ? 'pretty' : 'json';

  @Env('MICRO_GRACE_SECONDS', 'How long a service that is told to stop may take to finish what it has begun')
  @IsInt()
  @Min(0)
  @Max(3600)
  graceSeconds: number = defaultGraceSeconds;

  @Env('MICRO_HEADERS_SECONDS', 'How long the headers of a request may take to come')
  @IsInt()
  @Min(1)
  @Max(3600)
  headersSeconds: number = 60;

  @Env('MICRO_REQUEST_SECONDS', 'How long a request may take to come, with its body')
  @IsInt()
  @Min(1)
  @Max(86_400)
  requestSeconds: number = 3600;

  @Env('MICRO_IDLE_SECONDS', 'How long nothing may move in the middle of a request or of an answer')
  @IsInt()
  @Min(1)
  @Max(3600)
  idleSeconds: number = 120;

  /** The address to listen on. */
  get listenHost(): string {
    return this.host ?? (this.token || this.insecure ? '0.0.0.0' : '127.0.0.1');
  }

  /** Rules between variables. @throws ConfigError */
  check(): void {
    if (!this.token && !this.insecure && !loopback.test(this.listenHost)) {
      throw new ConfigError(
        `HOST must be a loopback address unless MICRO_TOKEN is set (or MICRO_INSECURE=true says that anybody may call ` +
          `the internal routes) (it is "${this.listenHost}")`,
      );
    }
  }
}
