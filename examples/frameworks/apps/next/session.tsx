"use client";

import type { ReactNode } from "react";
import { useReturn } from "../../next/client";

export function Session({ children }: { children: ReactNode }) {
  useReturn();
  return children;
}
