import Link from "next/link";
import type { ReactNode } from "react";
import { Session } from "../session";

export const metadata = { title: "Next", icons: "data:," };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <Session>
          <nav>
            <Link href="/">Start</Link> <Link href="/reports/7?tab=a">Report 7</Link> <Link href="/other">Other</Link>{" "}
            <Link href="/account">Account</Link>
          </nav>
          {children}
        </Session>
      </body>
    </html>
  );
}
