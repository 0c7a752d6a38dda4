import './style/base.css';
import './style/parts.css';
import './style/pictures.css';
import './style/narrow.css';

import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';

import { queryClient } from './api';
import { App } from './app';
import { useHashPath, useHashSearch } from './location';
import { restore } from './session';

// Before anything is drawn: the token must leave the address.
restore();
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queryClient}>
          <Router hook={useHashPath} searchHook={useHashSearch}>
            <App />
          </Router>
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
}
