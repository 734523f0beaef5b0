# syntax=docker/dockerfile:1

# `just pin` writes the digests of the day to .env; pass them on with --build-arg to build from those alone.
ARG RUST_IMAGE=rust:1.95-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package doorward-server --bin doorward \
    && install -D target/release/doorward /out/doorward

FROM ${DEBIAN_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/doorward --create-home --shell /usr/sbin/nologin doorward
COPY --from=build /out/doorward /usr/local/bin/doorward
USER 10001
WORKDIR /var/lib/doorward
# Inside a container loopback is nobody; what is published decides who gets in.
# Health and metrics stay on 127.0.0.1:9090, for a health check inside; where probes and scrapers come
# from outside, set DOORWARD__HTTP__OPS_LISTEN and let no one else reach it.
ENV DOORWARD__HTTP__LISTEN=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/doorward"]
CMD ["serve"]
