"use client";

import { useEffect, useState } from "react";
import { client } from "../../next/client";
import { fetchGreeting } from "../shared/greeting";

export function Greeting() {
  const [text, setText] = useState("");
  useEffect(() => {
    fetchGreeting(client, process.env.NEXT_PUBLIC_API ?? "").then(setText, (error: unknown) => setText(String(error)));
  }, []);
  return <p id="greeting">{text}</p>;
}
