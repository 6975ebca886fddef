# whis-lab in a container: the program and the C library, no shell, not root.
#
#   docker build -t whis-lab .
#   docker run --rm --read-only --network none --user "$(id -u):$(id -g)" -v "$PWD:/data" whis-lab \
#     score --model model.whis events.parquet --out scored.parquet

FROM rust:1-slim-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
# Cargo wants every target that Cargo.toml names; only the program is built.
COPY benches benches
COPY examples examples
COPY tests tests
COPY src src
RUN cargo build --release --locked --bin whis-lab
RUN mkdir /empty

# Debian 12, as in the first stage, so that the C library is the same.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/whis-lab /usr/local/bin/whis-lab
# The folder of inputs and outputs. Nothing is written outside of it.
COPY --from=build --chown=65532:65532 /empty /data
WORKDIR /data
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/whis-lab"]
CMD ["--help"]
