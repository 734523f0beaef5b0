# Everything at work on this machine, with nothing to set up.
dev:
    cargo run -- dev

# The suite; what to run goes behind it: `just test -p doorward-otp`.
test *arguments:
    cargo test {{arguments}}

# What the service does per second, beside what the machine does without it (docs/performance.md).
bench *arguments:
    cargo bench -p doorward-server --bench load -- {{arguments}}

# What a change must pass before it is merged, tests included.
check:
    .ci/run

# The documentation of all crates, in the browser.
docs:
    cargo doc --workspace --no-deps --open

# Licences, advisories and who may use what.
deny:
    cargo deny check

# The service in production form, with Postgres and a mail catcher.
up: secrets
    docker compose up --build --detach

# Stops it; the data stays.
down:
    docker compose down

# The secrets that compose asks for, made once.
secrets:
    #!/usr/bin/env bash
    set -euo pipefail
    [ -e .env ] && exit
    umask 077
    printf 'DOORWARD_ROOT_SECRET=%s\nPOSTGRES_PASSWORD=%s\n' "$(openssl rand -base64 32)" "$(openssl rand -hex 24)" > .env
