"""Runs the expressions of a folder over its rows, in DuckDB and in Spark, and compares with what each row expects."""

import json
import sys
from pathlib import Path

import duckdb
from pyspark.sql import SparkSession

SHOWN = 3


def in_duckdb(folder, tables):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for table in tables:
        sql = table["duckdb"]
        columns = {"id": "BIGINT"} | {column["name"]: column["type"] for column in sql["columns"]}
        named = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in columns.items())
        source = f"read_json({quoted(str(folder / table['rows']))}, format = 'newline_delimited', columns = {{{named}}})"
        query = f"SELECT id, CAST(to_json({sql['expression']}) AS VARCHAR) FROM {source}"
        yield connection.execute(query).fetchall()


def in_spark(folder, tables):
    builder = SparkSession.builder.master("local[2]").appName("agree")
    settings = {
        "spark.driver.memory": "4g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.jsonGenerator.ignoreNullFields": "false",
        # Spark compiles each query for the Java machine: for a few thousand rows, most of the time.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    for table in tables:
        sql = table["spark"]
        schema = ", ".join(f"`{column['name']}` {column['type']}" for column in sql["columns"])
        rows = spark.read.schema(f"id BIGINT, {schema}").option("mode", "FAILFAST").json(str(folder / table["rows"]))
        yield rows.selectExpr("id", f"to_json({sql['expression']})").collect()
    spark.stop()


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def main():
    folder = Path(sys.argv[1])
    tables = json.loads((folder / "tables.json").read_text())
    expected = [[json.loads(line) for line in (folder / table["rows"]).open()] for table in tables]
    failed = False
    for name, run in (("DuckDB", in_duckdb), ("Spark", in_spark)):
        total = 0
        for table, rows, decided in zip(tables, expected, run(folder, tables)):
            answers = {row[0]: row[1] and json.loads(row[1]) for row in decided}
            total += len(answers)
            others = [row for row in rows if row["id"] not in answers or answers[row["id"]] != row["expected"]]
            for row in others[:SHOWN]:
                print(f"{name}, {table['ruleset']}: {answers.get(row['id'])} for {json.dumps(row)}", flush=True)
            failed |= bool(others) or len(answers) != len(rows)
        print(f"{name}: {total} rows decided by {len(tables)} rulesets", flush=True)
    sys.exit(1 if failed else 0)


main()
