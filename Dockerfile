# Image of Airflow and of the `skyeng` command: one for all services that are ours.
# It holds no setting and no secret; docker-compose.yml gives them at run time.

FROM ghcr.io/astral-sh/uv:0.13.0 AS uv

FROM python:3.11.16-slim-trixie AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_PYTHON=/usr/local/bin/python \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1
WORKDIR /app
# Packages come first: they change with the lock file, not with the code.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked --no-dev --extra airflow --extra celery --extra watch --no-install-project
COPY README.md ./
COPY skyeng skyeng
COPY warehouse warehouse
COPY datamart datamart
COPY dags dags
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked --no-dev --extra airflow --extra celery --extra watch

FROM python:3.11.16-slim-trixie
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/app/airflow
# The code belongs to root. A new volume takes owner and mode of the folder that it is mounted on.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /app/airflow airflow \
    && install --directory --owner airflow --group airflow /app/airflow /app/airflow/logs
COPY --from=build /app /app
USER airflow
WORKDIR /app
CMD ["skyeng", "--help"]
