interface ImportMetaEnv {
  readonly VITE_ISSUER?: string;
  readonly VITE_CLIENT_ID?: string;
  readonly VITE_SCOPES?: string;
  readonly VITE_AUDIENCE?: string;
  readonly VITE_API?: string;
}
