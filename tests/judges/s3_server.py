"""S3 as a server on loopback: `python s3_server.py` prints one line of JSON, then serves until standard input ends.

The server is moto's. It checks signatures and keys, and holds one bucket. The line holds the address, the name of the
bucket, and the id and secret of the one key that may use it. Runs in the environment that `s3.txt` locks.
"""

from __future__ import annotations

import json
import os
import sys

# A user, its policy, its key and a bucket are made before keys are checked.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"
BUCKET = "releases"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def main() -> None:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    known = {"aws_access_key_id": "begin", "aws_secret_access_key": "begin", "region_name": "us-east-1"}
    people = boto3.client("iam", endpoint_url=address, **known)
    people.create_user(UserName="ada")
    people.put_user_policy(UserName="ada", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    key = people.create_access_key(UserName="ada")["AccessKey"]
    boto3.client("s3", endpoint_url=address, **known).create_bucket(Bucket=BUCKET)
    told = {"address": address, "bucket": BUCKET, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
