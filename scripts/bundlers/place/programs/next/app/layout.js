export default function Layout({ children }) {
  return (
    <html lang="en" data-issuer={process.env.NEXT_PUBLIC_ISSUER}>
      <body>{children}</body>
    </html>
  );
}
