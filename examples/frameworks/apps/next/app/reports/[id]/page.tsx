import { Greeting } from "../../../../shared/react-parts";

interface Props {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ tab?: string }>;
}

export default async function Report({ params, searchParams }: Props) {
  const { id } = await params;
  const { tab } = await searchParams;
  return (
    <>
      <h1>
        Report {id}, tab {tab}
      </h1>
      <Greeting api={process.env.NEXT_PUBLIC_API ?? ""} />
    </>
  );
}
