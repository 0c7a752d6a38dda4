// Where the package's client and hook find the API. Imported before an example.
import { configure } from 'ringpost';

configure({ baseUrl: BASE_URL });
