import { Account } from "../../../shared/react-parts";

export default function Page() {
  return <Account api={process.env.NEXT_PUBLIC_API ?? ""} />;
}
