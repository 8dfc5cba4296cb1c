/** Declares the parts of two untyped packages that the demonstration uses. */

declare module "workerd" {
  const workerd: { readonly default: string };
  export default workerd;
}

declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }
  export interface Context {
    type: string;
    body: string;
    set(name: string, value: string): void;
    readonly oidc: {
      readonly client?: { readonly clientId: string };
      readonly session?: { readonly accountId?: string };
      readonly provider: { readonly Grant: new (of: { clientId: string; accountId: string }) => Grant };
    };
  }
  export interface Account {
    readonly accountId: string;
    claims(): { readonly sub: string };
  }
  interface ResourceServer {
    readonly scope: string;
    readonly audience: string;
    readonly accessTokenTTL: number;
    readonly accessTokenFormat: "jwt";
    readonly jwt: { readonly sign: { readonly alg: string } };
  }
  export interface Configuration {
    readonly clients: readonly Readonly<Record<string, string | readonly string[]>>[];
    readonly jwks: { readonly keys: readonly object[] };
    readonly cookies: { readonly keys: readonly string[] };
    readonly scopes: readonly string[];
    readonly responseTypes: readonly string[];
    readonly pkce: { readonly required: () => boolean };
    readonly clientBasedCORS: (context: Context, origin: string) => boolean;
    readonly features: {
      readonly devInteractions: { readonly enabled: boolean };
      readonly rpInitiatedLogout: { readonly enabled: boolean };
      readonly userinfo: { readonly enabled: boolean };
      readonly resourceIndicators: {
        readonly enabled: boolean;
        readonly defaultResource: () => string;
        readonly useGrantedResource: () => boolean;
        readonly getResourceServerInfo: (context: Context, resource: string) => ResourceServer;
      };
    };
    readonly enabledJWA: { readonly idTokenSigningAlgValues: readonly string[] };
    readonly interactions: { readonly url: (context: Context, interaction: { readonly uid: string }) => string };
    readonly findAccount: (context: Context, id: string) => Account | undefined;
    readonly extraTokenClaims: (context: Context, token: { readonly accountId?: string }) => object | undefined;
    readonly loadExistingGrant: (context: Context) => Promise<Grant | undefined>;
    readonly renderError: (context: Context, out: { readonly error: string; readonly error_description?: string }) => void;
    readonly ttl: Readonly<Record<string, number>>;
  }
  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ readonly uid: string }>;
    interactionFinished(
      request: IncomingMessage, response: ServerResponse, result: { login: { accountId: string; remember: boolean } },
    ): Promise<void>;
  }
  export const errors: { readonly InvalidTarget: new () => Error };
}
