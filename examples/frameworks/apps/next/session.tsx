"use client";

import type { ReactNode } from "react";
import { client, useReturn } from "../../next/client";
import { SessionProvider } from "../../react/session";
import { Header } from "../shared/react-parts";

export function Session({ children }: { children: ReactNode }) {
  useReturn();
  return (
    <SessionProvider client={client}>
      <Header />
      {children}
    </SessionProvider>
  );
}
