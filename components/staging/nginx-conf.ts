import { hostNames, innerPorts, mountPoints } from "./layout.ts"

/**
 * The reverse proxy: the homeserver's address (with the well-known) and MAS's.
 *
 * Who answers log-in, log-out and refresh is found out request by request: a Synapse that delegates answers 404 there
 * (seen with 1.163), and then MAS is asked. So the same file is right before the cutover, after it, and on the way
 * back, and nobody is sent to a MAS that knows no one yet.
 */
export function nginxConf(): string {
  return `# Names are looked up while serving, so that a container may come back with another address.
resolver 127.0.0.11 valid=2s ipv6=off;

server_tokens off;
client_max_body_size 50m;

proxy_http_version 1.1;
proxy_set_header Host $http_host;
# MAS and Synapse limit by address: without this, everybody shares the proxy's.
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
# tells whether Synapse or MAS answered
proxy_pass_header Server;
proxy_read_timeout 90s;

# The homeserver.
server {
    listen ${innerPorts.homeserver} default_server;

    set $synapse http://${hostNames.synapse}:${innerPorts.synapse};
    set $mas http://${hostNames.mas}:${innerPorts.mas};

    location = /.well-known/matrix/client {
        alias ${mountPoints.wellknown}/client.json;
        default_type application/json;
        add_header Access-Control-Allow-Origin *;
        add_header Cache-Control "no-cache";
    }

    location = /.well-known/matrix/server {
        alias ${mountPoints.wellknown}/server.json;
        default_type application/json;
        add_header Access-Control-Allow-Origin *;
    }

    # MAS's routes. A Synapse that delegates no longer knows them.
    location ~ ^/_matrix/client/(.*)/(login|logout|refresh) {
        proxy_pass $synapse;
        proxy_intercept_errors on;
        error_page 404 = @mas;
    }

    location @mas {
        proxy_pass $mas;
    }

    location ~ ^/(_matrix|_synapse/(client|admin))/ {
        proxy_pass $synapse;
    }

    location = /health {
        proxy_pass $synapse;
    }

    location / {
        return 404;
    }
}
${masServer}`
}

const masServer = `
# MAS.
server {
    listen ${innerPorts.auth} default_server;

    set $mas http://${hostNames.mas}:${innerPorts.mas};

    location / {
        proxy_pass $mas;
    }
}
`
